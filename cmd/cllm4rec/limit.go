package main

// The C file of this folder is linked because of this import.

import "C"
