package sdk

import (
	"bufio"
	"os"
	"regexp"

	"cllm4rec/core/pluginrpc"

	"golang.org/x/sys/unix"
)

// stdio is set before main begins, so that not even an init function after this
// package can write into the handshake.
var stdio = guard()

// descriptors are the plugin's ways out.
type descriptors struct {
	handshake *os.File // the runner's end of stdout; nil when started by hand
	log       *os.File // stderr, which the runner turns into its log
}

// guard sends descriptor 1 to stderr in a process that the runner started: a
// line that a library, Go or C, prints there becomes a log line instead of
// breaking the handshake. Descriptor 0 becomes empty.
func guard() descriptors {
	d := descriptors{log: os.Stderr}
	if os.Getenv(pluginrpc.EnvCookie) != pluginrpc.Cookie {
		return d
	}
	out, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil || duplicate(2, 1) != nil {
		return d
	}
	d.handshake = os.NewFile(uintptr(out), "handshake")
	if null, err := os.Open(os.DevNull); err == nil {
		_ = duplicate(int(null.Fd()), 0) // an open terminal does no harm either
		_ = null.Close()
	}
	return d
}

// filterStdout lets exactly one line through to the runner, go-plugin's
// handshake, and sends all others to the log. It is
// needed because go-plugin prints to os.Stdout like everybody else.
func (d descriptors) filterStdout() error {
	if d.handshake == nil {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	os.Stdout = w
	go d.forward(r)
	return nil
}

// handshake is go-plugin's line: core protocol, contract version, network,
// address, protocol, certificate. Another's text may stand before it.
var handshake = regexp.MustCompile(`1\|\d+\|(unix|tcp)\|[^|]+\|grpc\|[^|\n]*\n$`)

func (d descriptors) forward(r *os.File) {
	done := false
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadString('\n')
		if at := handshake.FindStringIndex(line); at != nil && !done {
			_, _ = d.handshake.WriteString(line[at[0]:]) // a closed pipe means that the runner is gone
			line, done = line[:at[0]], true
			if line != "" {
				line += "\n"
			}
		}
		_, _ = d.log.WriteString(line)
		if err != nil {
			return
		}
	}
}

// restore points Go's own stdout and stderr at the log again. go-plugin sends
// them through a pipe and a stream of its own, in which the end of the stderr of a
// process that is killed would be lost.
func (d descriptors) restore() { os.Stdout, os.Stderr = d.log, d.log }
