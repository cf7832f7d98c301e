package pluginrpc

import (
	"fmt"
	"reflect"
	"testing"

	"cllm4rec/core/contract"
)

// fill sets every field of a struct to a value of its own, so that one that is
// lost or mixed up on the wire shows.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n)
		fill(t, value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
		if word, closed := closedWords()[v.Type()]; closed {
			v.SetString(word)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 100))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 16)
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// closedWords has a word for each type that travels as an enum.
func closedWords() map[reflect.Type]string {
	return map[reflect.Type]string{
		reflect.TypeFor[contract.TrainMode](): string(contract.TrainLoRA), reflect.TypeFor[contract.Objective](): string(contract.Multinomial),
		reflect.TypeFor[contract.Reduction](): string(contract.BatchSum), reflect.TypeFor[contract.ScheduleKind](): string(contract.ScheduleCosine),
		reflect.TypeFor[contract.Entity](): string(contract.EntityItem), reflect.TypeFor[contract.AttributeType](): string(contract.AttributeSet),
	}
}

func checkWire[T, W any](t *testing.T, to func(T) W, from func(W) T) {
	t.Helper()
	var x T
	n := 0
	fill(t, reflect.ValueOf(&x).Elem(), &n)
	if got := from(to(x)); !reflect.DeepEqual(got, x) {
		t.Errorf("%T: sent %+v, received %+v", x, x, got)
	}
}

func TestEveryFieldSurvivesTheWire(t *testing.T) {
	checkWire(t, modelToWire, modelFromWire)
	checkWire(t, trainableToWire, trainableFromWire)
	checkWire(t, trainSpecToWire, trainSpecFromWire)
	checkWire(t, trainResultToWire, trainResultFromWire)
	checkWire(t, scoreSpecToWire, scoreSpecFromWire)
	checkWire(t, scoreToWire, scoreFromWire)
	checkWire(t, pretrainSpecToWire, pretrainSpecFromWire)
	checkWire(t, pretrainResultToWire, pretrainResultFromWire)
	checkWire(t, towerToWire, towerFromWire)
	checkWire(t, resourcesToWire, resourcesFromWire)
	checkWire(t, progressToWire, progressFromWire)
	checkWire(t, checkToWire, checkFromWire)
}
