// Package figure draws statistics as SVG that stands inside an HTML page: intervals, points
// and lines over two axes, and critical-difference diagrams. A figure is text made of numbers
// and names alone: the same input gives the same bytes. It has no script, asks for no font or
// file, and names its colours by classes (s0, s1 ... for series, grid, axis, zero), so that the
// page decides on light, dark and print. Every figure has a title and a description for those
// who hear it read, and every mark has its numbers as a title of its own.
package figure
