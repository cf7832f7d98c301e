package host

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a plugin process took of the machine.
type Usage struct {
	PeakRSS int64         // bytes; the kernel's high-water mark of resident memory, with mapped libraries
	CPU     time.Duration // user and system time of all threads
}

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for all that it shows.
const ticksPerSecond = 100

// sample reads the usage of a live process from /proc (Linux only).
func sample(pid int) (Usage, error) {
	peak, err := peakRSS(pid)
	if err != nil {
		return Usage{}, err
	}
	cpu, err := cpuTime(pid)
	return Usage{PeakRSS: peak, CPU: cpu}, err
}

func peakRSS(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d has no VmHWM", pid)
}

// cpuTime is the processor time of one process.
func cpuTime(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	return s.own, err
}

// groupCPU is the processor time of a process group, with that of children that were
// waited for.
func groupCPU(group int) (time.Duration, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil && s.group == group { // others end while we look
			sum += s.own + s.children
		}
	}
	return sum, nil
}

// stat is what proc_pid_stat(5) says of a process.
type stat struct {
	group         int
	own, children time.Duration // user and system time
}

// readStat reads fields 5 and 14 to 17; the name in field 2 may hold anything, so
// counting begins after its closing bracket.
func readStat(pid int) (s stat, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 15 {
		return s, fmt.Errorf("/proc/%d/stat is short", pid)
	}
	var ticks [4]int64
	if s.group, err = strconv.Atoi(fields[2]); err != nil {
		return s, err
	}
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return s, err
		}
	}
	s.own = time.Duration(ticks[0]+ticks[1]) * time.Second / ticksPerSecond
	s.children = time.Duration(ticks[2]+ticks[3]) * time.Second / ticksPerSecond
	return s, nil
}
