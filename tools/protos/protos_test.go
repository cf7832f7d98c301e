package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const good = `syntax = "proto3";
package p.v1;
// S serves.
service S {
  // Get gets.
  rpc Get(Ask) returns (stream Ask);
}
// Ask asks.
message Ask {
  // One.
  int64 one = 1;
  // Either.
  oneof either {
    // Two.
    string two = 2;
  }
}
// Entity is.
enum Entity {
  // Never.
  ENTITY_UNSPECIFIED = 0;
  // A.
  ENTITY_A = 1;
}
`

func parse(t *testing.T, text string) []protoreflect.FileDescriptor {
	t.Helper()
	c := protocompile.Compiler{SourceInfoMode: protocompile.SourceInfoStandard, Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"p.proto": text}),
	}}
	files, err := c.Compile(context.Background(), "p.proto")
	if err != nil {
		t.Fatal(err)
	}
	return []protoreflect.FileDescriptor{files[0]}
}

func TestEachRuleFindsItsOffence(t *testing.T) {
	if problems := lint(parse(t, good)); len(problems) > 0 {
		t.Errorf("good protos: %v", problems)
	}
	for change, want := range map[[2]string]string{
		{"// S serves.\n", ""}:                "p.v1.S has no comment",
		{"  // Get gets.\n", ""}:              "p.v1.S.Get has no comment",
		{"// Ask asks.\n", ""}:                "p.v1.Ask has no comment",
		{"  // One.\n", ""}:                   "p.v1.Ask.one has no comment",
		{"  // Either.\n", ""}:                "p.v1.Ask.either has no comment",
		{"    // Two.\n", ""}:                 "p.v1.Ask.two has no comment",
		{"// Entity is.\n", ""}:               "p.v1.Entity has no comment",
		{"  // A.\n", ""}:                     "p.v1.ENTITY_A has no comment",
		{"int64 one", "int64 theOne"}:         "is not named like",
		{"rpc Get", "rpc get"}:                "is not named like",
		{"ENTITY_A", "A"}:                     "does not begin with ENTITY_",
		{"ENTITY_UNSPECIFIED", "ENTITY_NONE"}: "ENTITY_UNSPECIFIED",
	} {
		problems := lint(parse(t, strings.Replace(good, change[0], change[1], 1)))
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("%q in place of %q: %v, want one that says %q", change[1], change[0], problems, want)
		}
	}
}

func TestWhatBreaksIsToldAndWhatIsAddedIsNot(t *testing.T) {
	old := parse(t, good)
	for change, want := range map[[2]string]string{
		{"int64 one = 1", "int64 one = 1;\n  // More.\n  bool more = 9"}: "",
		{"int64 one = 1", "int32 one = 1"}:                               "p.v1.Ask.one (1) was",
		{"int64 one = 1", "repeated int64 one = 1"}:                      "p.v1.Ask.one (1) was",
		{"int64 one = 1", "int64 first = 1"}:                             "p.v1.Ask.one (1) was",
		{"int64 one = 1", "int64 one = 7"}:                               "p.v1.Ask.one is gone; its number 1",
		{"  // One.\n  int64 one = 1;", `  reserved 1; reserved "one";`}: "",
		{"ENTITY_A = 1", "ENTITY_A = 2"}:                                 "p.v1.ENTITY_A is no longer the value 1",
		{"returns (stream Ask)", "returns (Ask)"}:                        "p.v1.S.Get was",
		{"rpc Get", "rpc Fetch"}:                                         "p.v1.S.Get is gone",
		{"service S", "service T"}:                                       "p.v1.S is gone",
	} {
		problems := broken(old, parse(t, strings.Replace(good, change[0], change[1], 1)))
		if want == "" && len(problems) > 0 || want != "" && !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("%q in place of %q: %v, want %q", change[1], change[0], problems, want)
		}
	}
}

func TestTheContractKeepsTheRulesAndItsImage(t *testing.T) {
	t.Chdir("../..")
	problems, err := run(false, false)
	if err != nil || len(problems) > 0 {
		t.Errorf("%s, error %v", strings.Join(problems, "\n"), err)
	}
}
