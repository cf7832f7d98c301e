#!/usr/bin/env bash
# terminal-picture.sh WIDTH OUT.svg TEXT: what a command shows in a terminal of so many columns (tmux), as an SVG, as soon as TEXT stands on it.
# The command is read from stdin. TEXT is an extended regular expression; 3 minutes at most.
set -euo pipefail
[ $# = 3 ] || { echo "usage: scripts/terminal-picture.sh WIDTH OUT.svg TEXT <command" >&2; exit 2; }
command -v tmux >/dev/null || { echo "there is no tmux (Debian: apt-get install tmux)" >&2; exit 2; }
width=$1 out=$2 text=$3
work=$(mktemp -d)
pane() { tmux -S "$work/socket" "$@"; }
end() { pane send-keys C-c 2>/dev/null || true; sleep 4; pane kill-server 2>/dev/null || true; rm -rf "$work"; }
trap end EXIT
{ cat; echo 'sleep 200'; } >"$work/command"
pane -f /dev/null new-session -d -x "$width" -y 60 "bash $work/command"
for _ in $(seq 900); do
	pane capture-pane -e -p >"$work/screen" 2>/dev/null || { echo "the command ended before it showed $text" >&2; exit 1; }
	sed 's/\x1b\[[0-9;]*m//g' "$work/screen" | grep -qE "$text" && break
	sleep 0.2
done
sed 's/\x1b\[[0-9;]*m//g' "$work/screen" | grep -qE "$text" || { echo "the command did not show $text" >&2; exit 1; }
# Only bold is kept of the colours, so that the picture is light or dark as its page is.
sed -e 's/\x1b\[[0-9;]*\b1m/\x01/g; s/\x1b\[0*m/\x02/g; s/\x1b\[[0-9;]*m//g' "$work/screen" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' |
	awk -v width="$width" '
	{ gsub(/&/, "\\&amp;"); gsub(/</, "\\&lt;"); gsub(/>/, "\\&gt;"); bold = gsub(/\001/, "<tspan font-weight=\"bold\">")
	  sub(/[ \002]+$/, bold ? "</tspan>" : ""); if (bold) gsub(/\002/, "</tspan>"); else gsub(/\002/, ""); line[NR] = $0 }
	END {
		printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.1f %d\" role=\"img\" aria-label=\"a terminal of %d columns\">\n", width * 8.4 + 24, NR * 18 + 24, width
		print "<style>svg{background:#fff}text{font:14px ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#1b1f24;white-space:pre}@media(prefers-color-scheme:dark){svg{background:#15181c}text{fill:#e6e8ea}}</style>"
		printf "<rect width=\"100%%\" height=\"100%%\" fill=\"none\" stroke=\"#8888\"/>\n"
		for (i = 1; i <= NR; i++) printf "<text x=\"12\" y=\"%d\" xml:space=\"preserve\">%s</text>\n", i * 18 + 8, line[i]
		print "</svg>"
	}' >"$work/picture.svg"
cp "$work/picture.svg" "$out"
