package gguf

// expandQ2K: 16 bytes of 4-bit scales and minima, one for 16 elements each, 64
// bytes of 2-bit numbers, scale, scale of the minima. A run of 32 bytes holds four
// runs of 32 elements, the first in its lowest bits.
func expandQ2K(out []float32, blocks []byte) {
	for ; len(blocks) >= 84; blocks, out = blocks[84:], out[256:] {
		scales, d, dm := blocks[:16], half(blocks, 80), half(blocks, 82)
		for r := range 8 { // runs of 32 elements
			q, o, shift := blocks[16+32*(r/4):][:32], out[32*r:][:32], 2*(r%4)
			for i := range o {
				s := scales[2*r+i/16]
				o[i] = float32(float32(d*float32(s&15))*float32(q[i]>>shift&3)) - float32(dm*float32(s>>4))
			}
		}
	}
}

// expandQ3K: 32 bytes of third bits, 64 bytes of two low bits as in Q2_K, 12 packed
// scales of 16 elements each, scale. Bit r of byte i is the third one of element i
// of run r; a number without it is 4 smaller.
func expandQ3K(out []float32, blocks []byte) {
	for ; len(blocks) >= 110; blocks, out = blocks[110:], out[256:] {
		third, scales, d := blocks[:32], blocks[96:108], half(blocks, 108)
		for r := range 8 { // runs of 32 elements
			q, o, shift := blocks[32+32*(r/4):][:32], out[32*r:][:32], 2*(r%4)
			s := [2]float32{d * scale6(scales, 2*r), d * scale6(scales, 2*r+1)}
			for i := range o {
				o[i] = s[i/16] * float32(int32(q[i]>>shift&3|third[i]>>r<<2&4)-4)
			}
		}
	}
}

// scale6 unpacks the 6-bit scale j of 16, 32 too large: its low four bits lie in
// bytes 0-7, those of the second eight above those of the first; its high two in
// bytes 8-11, four to a byte.
func scale6(s []byte, j int) float32 {
	return float32(int32(s[j%8]>>(4*(j/8))&15|s[8+j%4]>>(2*(j/4))&3<<4) - 32)
}
