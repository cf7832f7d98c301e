// Package datasets brings data sets from their official addresses: a catalogue says
// where they are, what reads them and under which terms they are used; Get downloads,
// checks and unpacks one into a folder of its own that can be verified later without any
// server.
//
// What comes from elsewhere is not trusted: a file is what its published checksum says,
// or, where none is published, what the first download brought and the manifest records;
// nothing in an archive leaves the folder; a folder appears whole, in one rename.
package datasets
