package main

import (
	"cmp"
	"errors"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

// limits are how long a run waits; 0 takes the default.
type limits struct {
	trial   time.Duration // for a whole trial; without it there is no limit
	silence time.Duration // for a sign of work of a plugin; see host.Patience
	// checkpoint is how much work of a trial a kill may cost, about; 0: all.
	checkpoint time.Duration
}

func (l *limits) flags(c *cobra.Command) {
	c.Flags().DurationVar(&l.trial, "trial-timeout", 0, "most time that a trial may take, such as 2h; then it fails and the others go on (default: limits.trial of the file, else no limit)")
	c.Flags().DurationVar(&l.silence, "silence", 0, "most time that a plugin may work without a sign of it, progress or processor time (default: limits.silence of the file, else 30m)")
	c.Flags().DurationVar(&l.checkpoint, "checkpoint", time.Minute, "work of a trial that a kill may cost, about: so often a method that learns in epochs writes where it is, in an epoch too; 0: never")
}

// over are the limits of the command line where they are given, else those of the file.
func (l *limits) over(file experiment.LimitsPlan) limits {
	return limits{trial: cmp.Or(l.trial, file.Trial), silence: cmp.Or(l.silence, file.Silence), checkpoint: l.checkpoint}
}

// limit puts them on plugins and on trials.
func (l limits) limit(plugins *run.Host, o *run.Options) {
	plugins.LimitSilence(l.silence)
	o.TrialTimeout, o.Checkpoint = l.trial, l.checkpoint
}

func (l *limits) check() error {
	return errors.Join(l.notNegative("--trial-timeout", l.trial), l.notNegative("--silence", l.silence), l.notNegative("--checkpoint", l.checkpoint))
}

func (l *limits) notNegative(flag string, d time.Duration) error {
	if d < 0 {
		return contract.Errorf(contract.ErrInvalid, "%s %s: expected 0 or more", flag, d)
	}
	return nil
}
