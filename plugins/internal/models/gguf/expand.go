package gguf

import (
	"encoding/binary"

	"cllm4rec/plugins/internal/models/safetensors"
)

// The functions below turn whole blocks into float32, as the reference does
// (ggml-quants.c, dequantize_row_*; in Python gguf.quants). Each product is
// rounded before the sum, so that no machine's fused instruction changes a bit.
// In names x stands for the underscore of Q4_0.

func half(b []byte, at int) float32 { return safetensors.Half(littleUint16(b, at)) }

// expandQ8x0: scale, 32 signed bytes.
func expandQ8x0(out []float32, blocks []byte) {
	for ; len(blocks) >= 34; blocks, out = blocks[34:], out[32:] {
		d := half(blocks, 0)
		q, o := blocks[2:34], out[:32]
		for i := range o {
			o[i] = d * float32(int8(q[i]))
		}
	}
}

// expandQ4x0: scale, 16 bytes; low halves are the first 16 elements, each 8 too large.
func expandQ4x0(out []float32, blocks []byte) {
	for ; len(blocks) >= 18; blocks, out = blocks[18:], out[32:] {
		d := half(blocks, 0)
		q, low, high := blocks[2:18], out[:16], out[16:32]
		for i := range q {
			low[i] = d * float32(int32(q[i]&15)-8)
			high[i] = d * float32(int32(q[i]>>4)-8)
		}
	}
}

// expandQ4x1: scale, minimum, 16 bytes.
func expandQ4x1(out []float32, blocks []byte) {
	for ; len(blocks) >= 20; blocks, out = blocks[20:], out[32:] {
		d, m := half(blocks, 0), half(blocks, 2)
		q, low, high := blocks[4:20], out[:16], out[16:32]
		for i := range q {
			low[i] = float32(d*float32(int32(q[i]&15))) + m
			high[i] = float32(d*float32(int32(q[i]>>4))) + m
		}
	}
}

// expandQ5x0: scale, the fifth bits of 32 elements, 16 bytes of low bits; each 16 too large.
func expandQ5x0(out []float32, blocks []byte) {
	for ; len(blocks) >= 22; blocks, out = blocks[22:], out[32:] {
		d, h := half(blocks, 0), binary.LittleEndian.Uint32(blocks[2:])
		q, low, high := blocks[6:22], out[:16], out[16:32]
		for i := range q {
			low[i] = d * float32(int32(uint32(q[i]&15)|h>>i<<4&16)-16)
			high[i] = d * float32(int32(uint32(q[i]>>4)|h>>(i+16)<<4&16)-16)
		}
	}
}

// expandQ5x1: scale, minimum, the fifth bits, 16 bytes of low bits.
func expandQ5x1(out []float32, blocks []byte) {
	for ; len(blocks) >= 24; blocks, out = blocks[24:], out[32:] {
		d, m, h := half(blocks, 0), half(blocks, 2), binary.LittleEndian.Uint32(blocks[4:])
		q, low, high := blocks[8:24], out[:16], out[16:32]
		for i := range q {
			low[i] = float32(d*float32(int32(uint32(q[i]&15)|h>>i<<4&16))) + m
			high[i] = float32(d*float32(int32(uint32(q[i]>>4)|h>>(i+16)<<4&16))) + m
		}
	}
}

// scaleMin unpacks the 6-bit scale and minimum of run j of 8: the first four lie
// whole in bytes 0-3 and 4-7; of the others the low four bits lie in bytes 8-11
// and the high two above the first four.
func scaleMin(s []byte, j int) (scale, minimum float32) {
	if j < 4 {
		return float32(int32(s[j] & 63)), float32(int32(s[j+4] & 63))
	}
	return float32(int32(s[j+4]&15 | s[j-4]>>6<<4)), float32(int32(s[j+4]>>4 | s[j]>>6<<4))
}

// expandQ4K: scale, scale of the minima, 8 packed scales and minima, 128 bytes;
// a run of 32 bytes holds two runs of 32 elements.
func expandQ4K(out []float32, blocks []byte) {
	for ; len(blocks) >= 144; blocks, out = blocks[144:], out[256:] {
		d, dm, scales := half(blocks, 0), half(blocks, 2), blocks[4:16]
		for j := range 4 {
			s0, m0 := scaleMin(scales, 2*j)
			s1, m1 := scaleMin(scales, 2*j+1)
			s0, m0, s1, m1 = d*s0, dm*m0, d*s1, dm*m1
			q, low, high := blocks[16+32*j:][:32], out[64*j:][:32], out[64*j+32:][:32]
			for i := range q {
				low[i] = float32(s0*float32(int32(q[i]&15))) - m0
				high[i] = float32(s1*float32(int32(q[i]>>4))) - m1
			}
		}
	}
}

// expandQ5K: as Q4_K, with 32 bytes of fifth bits before the low ones; bit r of
// byte i belongs to element i of run r.
func expandQ5K(out []float32, blocks []byte) {
	for ; len(blocks) >= 176; blocks, out = blocks[176:], out[256:] {
		d, dm, scales, h := half(blocks, 0), half(blocks, 2), blocks[4:16], blocks[16:48]
		for j := range 4 {
			s0, m0 := scaleMin(scales, 2*j)
			s1, m1 := scaleMin(scales, 2*j+1)
			s0, m0, s1, m1 = d*s0, dm*m0, d*s1, dm*m1
			q, low, high := blocks[48+32*j:][:32], out[64*j:][:32], out[64*j+32:][:32]
			for i := range q {
				bits := h[i] >> (2 * j)
				low[i] = float32(s0*float32(int32(q[i]&15|bits<<4&16))) - m0
				high[i] = float32(s1*float32(int32(q[i]>>4|bits<<3&16))) - m1
			}
		}
	}
}

// expandQ6K: 128 bytes of low four bits, 64 of high two, 16 signed scales of 16
// elements each, scale; each 32 too large.
func expandQ6K(out []float32, blocks []byte) {
	for ; len(blocks) >= 210; blocks, out = blocks[210:], out[256:] {
		d := half(blocks, 208)
		for n := range 2 { // halves of 128 elements
			low, high, scales := blocks[64*n:][:64], blocks[128+32*n:][:32], blocks[192+8*n:][:8]
			for r := range 4 { // runs of 32 elements
				o, l, shift := out[128*n+32*r:][:32], low[32*(r&1):][:32], 4*(r>>1)
				s := [2]float32{d * float32(int8(scales[2*r])), d * float32(int8(scales[2*r+1]))}
				for i := range o {
					o[i] = s[i>>4] * float32(int32(l[i]>>shift&15|high[i]>>(2*r)<<4&48)-32)
				}
			}
		}
	}
}
