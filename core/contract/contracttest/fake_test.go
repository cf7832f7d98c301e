package contracttest

import (
	"testing"
)

func TestMain(m *testing.M) { Main(m, NewFakeDataset(), NewFakeRecommender(), NewFakeBackbone()) }
