//go:build cgo

package main

import "C" // for limit_linux.c
