# The parts of OpenWrt's functions.sh that init scripts use most: reading UCI.
config_load() { CONFIG_PACKAGE=$1; }
config_get() { eval "$1=\$(uci -q get \"$CONFIG_PACKAGE.$2.$3\" || printf %s \"\$4\")"; }
config_get_bool() {
	config_get "$@"
	eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}
config_foreach() {
	for _section in $(uci -q -X show "$CONFIG_PACKAGE" | sed -n "s/^$CONFIG_PACKAGE\\.\\([A-Za-z0-9_]*\\)=$2\$/\\1/p"); do "$1" "$_section"; done
}
