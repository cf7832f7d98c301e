package main

import "testing"

func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) { suite.Dropout(t, "small-b", 47) }
