// Command protos checks the contract's .proto files as a specification: that every
// part of them is commented and named by one convention, and that nothing breaks
// what plugins were built for. `make check` runs it.
//
//	protos          check the files against the rules and against the image
//	protos -write   write the image anew, unless that would break the contract
//	protos -break   write it all the same: for a contract with a raised version
//
// It does the part of `buf lint` and `buf breaking` that this contract needs: buf as
// a module takes minutes to build, and protocompile is linked by go-plugin already.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	folder = "core/pluginrpc/v1"
	image  = folder + "/contract.binpb" // a FileDescriptorSet
)

func main() {
	write := flag.Bool("write", false, "write the image anew, unless that would break the contract")
	breaking := flag.Bool("break", false, "write the image anew in any case")
	flag.Parse()
	problems, err := run(*write, *breaking)
	for _, p := range problems {
		_, _ = fmt.Fprintln(os.Stderr, p)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "protos:", err)
	}
	if err != nil || len(problems) > 0 {
		os.Exit(1)
	}
}

func run(write, breaking bool) ([]string, error) {
	names, err := filepath.Glob(folder + "/*.proto")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("there are no protos in %s: run it in the project's root", folder), err)
	}
	files, set, err := compile(names)
	if err != nil {
		return nil, err
	}
	problems := lint(files)
	if breaking {
		return problems, save(set)
	}
	old, err := readImage()
	if err != nil {
		return problems, err
	}
	problems = append(problems, broken(old, files)...)
	if write && len(problems) == 0 {
		return nil, save(set)
	}
	if raw, err := os.ReadFile(image); err == nil && len(problems) == 0 && !sameSet(raw, set) {
		problems = append(problems, image+" does not hold all of the contract: run `make proto` and commit it")
	}
	return problems, nil
}

// compile reads the protos with their comments, and without them as an image.
func compile(names []string) ([]protoreflect.FileDescriptor, *descriptorpb.FileDescriptorSet, error) {
	c := protocompile.Compiler{Resolver: &protocompile.SourceResolver{}, SourceInfoMode: protocompile.SourceInfoStandard}
	compiled, err := c.Compile(context.Background(), names...)
	if err != nil {
		return nil, nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	var files []protoreflect.FileDescriptor
	for _, name := range []string{"plugin", "dataset", "recommender", "backbone"} { // what others import comes first
		for _, f := range compiled {
			if f.Path() == folder+"/"+name+".proto" {
				d := protodesc.ToFileDescriptorProto(f)
				d.SourceCodeInfo = nil
				set.File, files = append(set.File, d), append(files, f)
			}
		}
	}
	if len(files) != len(names) {
		return nil, nil, fmt.Errorf("%d of %d protos have a place in the order of the image", len(files), len(names))
	}
	return files, set, nil
}

func readImage() ([]protoreflect.FileDescriptor, error) {
	raw, err := os.ReadFile(image)
	if err != nil {
		return nil, err
	}
	return parseImage(raw)
}

func parseImage(raw []byte) ([]protoreflect.FileDescriptor, error) {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(raw, set); err != nil {
		return nil, fmt.Errorf("%s: %w", image, err)
	}
	registry, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image, err)
	}
	var files []protoreflect.FileDescriptor
	registry.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		files = append(files, f)
		return true
	})
	return files, nil
}

func save(set *descriptorpb.FileDescriptorSet) error {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		return err
	}
	return os.WriteFile(image, raw, 0o644)
}

func sameSet(raw []byte, set *descriptorpb.FileDescriptorSet) bool {
	old := &descriptorpb.FileDescriptorSet{}
	return proto.Unmarshal(raw, old) == nil && proto.Equal(old, set)
}
