# Everything but this shell and the first process dies at once; what was only in memory is gone.
set -eu
for process in /proc/[0-9]*; do
	process=${process#/proc/}
	[ "$process" = 1 ] || [ "$process" = "$$" ] || kill -KILL "$process" 2>/dev/null || true
done
find /run -mindepth 1 -maxdepth 1 ! -name test -exec rm -rf {} +
find /tmp -mindepth 1 -delete
for device in /sys/class/net/wrap*; do
	[ ! -e "$device" ] || /usr/sbin/ip link del "${device##*/}"
done
/usr/sbin/nft flush ruleset
ipset destroy
ip rule flush
ip rule add priority 32766 lookup main
ip rule add priority 32767 lookup default
ip route flush table 42 2>/dev/null || true
ip -6 addr flush dev eth0 scope global
ip -6 addr add 2001:db8:1::1/64 dev eth0 nodad
ip -6 route replace default via fe80::1 dev eth0
echo 0 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/net/netfilter/nf_conntrack_acct

# Boot: what of ours hangs on sysinit.target, as far as its condition holds, then the network.
mkdir -p /run/network /run/sshd
for unit in /etc/systemd/system/sysinit.target.wants/relay4in6*; do
	[ -e "$unit" ] || continue
	condition=$(sed -n 's/^ConditionPathExists=//p' "$unit")
	[ -z "$condition" ] || [ -e "$condition" ] || continue
	sh -c "$(sed -n 's/^ExecStart=//p' "$unit")"
done
ifup -a --force 2>/run/ifup.log
