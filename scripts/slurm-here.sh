#!/bin/bash
# Starts or stops a Slurm cluster of one machine, on the loopback, for tests:
#
#   scripts/slurm-here.sh start DIR [CPUS]   then: . DIR/env
#   scripts/slurm-here.sh stop DIR
#
# It needs slurmctld, slurmd, munged and Slurm's client (Debian: slurm-wlm munge) and root, as slurmd
# does. All that it writes is in DIR; what it started it stops by process id.
set -euo pipefail

start() {
  local dir=$1 cpus=${2:-4} host key
  host=$(hostname -s)
  mkdir -p "$dir"/{spool,state,log,run}
  dir=$(cd "$dir" && pwd)
  chmod 755 "$dir" "$dir"/run
  key="$dir/munge.key"
  [ -f "$key" ] || { head -c 1024 /dev/urandom >"$key"; chmod 400 "$key"; }
  cat >"$dir/slurm.conf" <<CONF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
CredType=cred/munge
SlurmctldPort=${SLURM_HERE_PORT:-16817}
SlurmdPort=$((${SLURM_HERE_PORT:-16817} + 1))
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=${SLURM_HERE_TIMEOUT:-10}
KillWait=5
MinJobAge=60
SchedulerParameters=bf_interval=1,sched_interval=2,sched_min_interval=100000,batch_sched_delay=1
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP OverTimeLimit=0
CONF
  printf 'CgroupPlugin=autodetect\n' >"$dir/cgroup.conf"
  printf 'export SLURM_CONF=%s\n' "$dir/slurm.conf" >"$dir/env"
  munged --force --key-file="$key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" --num-threads=2
  export SLURM_CONF="$dir/slurm.conf"
  slurmctld
  slurmd
  for _ in $(seq 60); do
    if sinfo --noheader --format=%T 2>/dev/null | grep -q '^idle'; then
      echo "Slurm is up: . $dir/env"
      return
    fi
    sleep 0.5
  done
  for log in "$dir"/log/*.log; do echo "$log:"; tail -n 5 "$log"; done >&2
  echo "Slurm did not come up" >&2
  exit 1
}

stop() {
  local name pid
  for name in slurmd slurmctld munged; do
    [ -f "$1/run/$name.pid" ] || continue
    pid=$(cat "$1/run/$name.pid")
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 40); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
  done
}

case "${1:-}" in
start) start "${@:2}" ;;
stop) stop "$2" ;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
