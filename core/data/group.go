package data

// grouped lists rows group by group, those of a group in their order: group g has
// order[ptr[g]:ptr[g+1]]. of is the group of a row, in 0..groups-1. It takes time
// and room in proportion to the rows, which a sort by comparison does not.
func grouped(rows []int32, groups int, of func(row int32) int32) (order []int32, ptr []int) {
	ptr = make([]int, groups+1)
	for _, i := range rows {
		ptr[of(i)+1]++
	}
	for g := range groups {
		ptr[g+1] += ptr[g]
	}
	order, next := make([]int32, len(rows)), append([]int(nil), ptr[:groups]...)
	for _, i := range rows {
		g := of(i)
		order[next[g]] = i
		next[g]++
	}
	return order, ptr
}

// numbers are 0..n-1.
func numbers(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}
