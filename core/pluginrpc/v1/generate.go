// Package v1 is the generated form of the .proto files beside it: version 1 of
// what travels between the runner and a plugin.
//
// Regenerating needs protoc 3.21 with protoc-gen-go 1.36.12 and
// protoc-gen-go-grpc 1.6.2 on PATH.
package v1

//go:generate sh -c "cd ../../.. && protoc -I . --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative core/pluginrpc/v1/*.proto"
