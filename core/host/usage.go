package host

import (
	"bufio"
	"fmt"
	"os"
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

// cpuTime adds utime and stime, fields 14 and 15 of proc_pid_stat(5); the name
// in field 2 may hold anything, so counting begins after its closing bracket.
func cpuTime(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is short", pid)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}
