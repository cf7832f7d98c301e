package neural

import "cllm4rec/plugins/internal/baseline/order"

// Order says in which order a sequential model reads a history; see package order.
type Order string

// The orders.
const (
	OrderTime     = Order(order.Time)
	OrderHistory  = Order(order.History)
	OrderIndex    = Order(order.Index)
	OrderShuffled = Order(order.Shuffled)
)

// Check refuses an order that the data do not have: ErrInvalid.
func (o Order) Check(d *Data) error { return order.Order(o).Check(d.X, d.Times) }

// Arrange puts a history into the order, Shuffled into another one for each epoch; epoch
// 0 is for ranking.
func (o Order) Arrange(history []int32, seed uint64, epoch int) []int32 {
	return order.Order(o).Arrange(history, seed, epoch)
}

// Last are the last n items.
func Last(history []int32, n int) []int32 { return history[max(0, len(history)-n):] }
