package tokenizer

import "unicode"

// newer are the characters with a decomposition or a combining class that Go's tables
// (Unicode 15) know and those of the reference do not: they came after its Unicode 9.
// They were found by comparing every character; the test that does so fails where a
// later Go release knows more.
var newer = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x07fd, Hi: 0x07fd, Stride: 1},
		{Lo: 0x0898, Hi: 0x089f, Stride: 1},
		{Lo: 0x08ca, Hi: 0x08d3, Stride: 1},
		{Lo: 0x09fe, Hi: 0x09fe, Stride: 1},
		{Lo: 0x0c3c, Hi: 0x0c3c, Stride: 1},
		{Lo: 0x0d3b, Hi: 0x0d3c, Stride: 1},
		{Lo: 0x0eba, Hi: 0x0eba, Stride: 1},
		{Lo: 0x1715, Hi: 0x1715, Stride: 1},
		{Lo: 0x1abf, Hi: 0x1ace, Stride: 1},
		{Lo: 0x1df6, Hi: 0x1dfa, Stride: 1},
		{Lo: 0x32ff, Hi: 0x32ff, Stride: 1},
		{Lo: 0xa7f2, Hi: 0xa7f4, Stride: 1},
		{Lo: 0xa82c, Hi: 0xa82c, Stride: 1},
		{Lo: 0xab69, Hi: 0xab69, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10781, Hi: 0x10785, Stride: 1},
		{Lo: 0x10787, Hi: 0x107b0, Stride: 1},
		{Lo: 0x107b2, Hi: 0x107ba, Stride: 1},
		{Lo: 0x10d24, Hi: 0x10d27, Stride: 1},
		{Lo: 0x10eab, Hi: 0x10eac, Stride: 1},
		{Lo: 0x10efd, Hi: 0x10eff, Stride: 1},
		{Lo: 0x10f46, Hi: 0x10f50, Stride: 1},
		{Lo: 0x10f82, Hi: 0x10f85, Stride: 1},
		{Lo: 0x11070, Hi: 0x11070, Stride: 1},
		{Lo: 0x1133b, Hi: 0x1133b, Stride: 1},
		{Lo: 0x1145e, Hi: 0x1145e, Stride: 1},
		{Lo: 0x11839, Hi: 0x1183a, Stride: 1},
		{Lo: 0x11930, Hi: 0x11930, Stride: 1},
		{Lo: 0x11935, Hi: 0x11935, Stride: 1},
		{Lo: 0x11938, Hi: 0x11938, Stride: 1},
		{Lo: 0x1193d, Hi: 0x1193e, Stride: 1},
		{Lo: 0x11943, Hi: 0x11943, Stride: 1},
		{Lo: 0x119e0, Hi: 0x119e0, Stride: 1},
		{Lo: 0x11a34, Hi: 0x11a34, Stride: 1},
		{Lo: 0x11a47, Hi: 0x11a47, Stride: 1},
		{Lo: 0x11a99, Hi: 0x11a99, Stride: 1},
		{Lo: 0x11d42, Hi: 0x11d42, Stride: 1},
		{Lo: 0x11d44, Hi: 0x11d45, Stride: 1},
		{Lo: 0x11d97, Hi: 0x11d97, Stride: 1},
		{Lo: 0x11f41, Hi: 0x11f42, Stride: 1},
		{Lo: 0x16ff0, Hi: 0x16ff1, Stride: 1},
		{Lo: 0x1e030, Hi: 0x1e06d, Stride: 1},
		{Lo: 0x1e08f, Hi: 0x1e08f, Stride: 1},
		{Lo: 0x1e130, Hi: 0x1e136, Stride: 1},
		{Lo: 0x1e2ae, Hi: 0x1e2ae, Stride: 1},
		{Lo: 0x1e2ec, Hi: 0x1e2ef, Stride: 1},
		{Lo: 0x1e4ec, Hi: 0x1e4ef, Stride: 1},
		{Lo: 0x1f16c, Hi: 0x1f16c, Stride: 1},
		{Lo: 0x1fbf0, Hi: 0x1fbf9, Stride: 1},
	},
}

// newDigits are the numbers of Unicode 17 that Rust's char::is_numeric knows and
// Oniguruma, hence classRuns, does not.
var newDigits = &unicode.RangeTable{R32: []unicode.Range32{
	{Lo: 0x11de0, Hi: 0x11de9, Stride: 1},
	{Lo: 0x16ff4, Hi: 0x16ff6, Stride: 1},
}}

// newWord are the marks and digits of Unicode 16 that Rust's regular expressions know
// as \w and Go's tables do not; its letters are in classRuns.
var newWord = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x0897, Hi: 0x0897, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x10d40, Hi: 0x10d49, Stride: 1},
		{Lo: 0x10d69, Hi: 0x10d6d, Stride: 1},
		{Lo: 0x10efc, Hi: 0x10efc, Stride: 1},
		{Lo: 0x113b8, Hi: 0x113c0, Stride: 1},
		{Lo: 0x113c2, Hi: 0x113c2, Stride: 1},
		{Lo: 0x113c5, Hi: 0x113c5, Stride: 1},
		{Lo: 0x113c7, Hi: 0x113ca, Stride: 1},
		{Lo: 0x113cc, Hi: 0x113d0, Stride: 1},
		{Lo: 0x113d2, Hi: 0x113d2, Stride: 1},
		{Lo: 0x113e1, Hi: 0x113e2, Stride: 1},
		{Lo: 0x116d0, Hi: 0x116e3, Stride: 1},
		{Lo: 0x11bf0, Hi: 0x11bf9, Stride: 1},
		{Lo: 0x11f5a, Hi: 0x11f5a, Stride: 1},
		{Lo: 0x1611e, Hi: 0x16139, Stride: 1},
		{Lo: 0x16d70, Hi: 0x16d79, Stride: 1},
		{Lo: 0x1ccf0, Hi: 0x1ccf9, Stride: 1},
		{Lo: 0x1e5ee, Hi: 0x1e5ef, Stride: 1},
		{Lo: 0x1e5f1, Hi: 0x1e5fa, Stride: 1},
	},
}
