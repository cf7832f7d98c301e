package object

// Fields reads field after field of an object up to the first error, which stays in Err:
// from then on all fields are absent.
type Fields struct {
	Object *Object
	Err    error
}

// Read is what a function reads of the object, and nothing after an error.
func Read[T any](f *Fields, read func(*Object) (T, error)) (v T) {
	if f.Err == nil {
		v, f.Err = read(f.Object)
	}
	return v
}

// Text is Object.Text.
func (f *Fields) Text(key string) (text string) {
	if f.Err == nil {
		text, f.Err = f.Object.Text(key)
	}
	return text
}

// Texts is Object.Texts.
func (f *Fields) Texts(key string) (texts []string) {
	if f.Err == nil {
		texts, f.Err = f.Object.Texts(key)
	}
	return texts
}

// Float is Object.Float.
func (f *Fields) Float(key string) (n *float64) {
	if f.Err == nil {
		n, f.Err = f.Object.Float(key)
	}
	return n
}
