#!/bin/sh
# Makes these namespaces the lab's OpenWrt router: $1 is this folder, $2 holds its root file system and dropbear's keys.
set -eu

# What it writes goes with it.
mkdir "$2/disk"
mount -t tmpfs -o size=8m tmpfs "$2/disk"
mkdir "$2/disk/written" "$2/disk/work" "$2/disk/root"
mount -t overlay overlay -o "lowerdir=$2/router,upperdir=$2/disk/written,workdir=$2/disk/work" "$2/disk/root"
cd "$2/disk/root"
mkdir -p run host
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p run/test tmp/run tmp/lock
cp "$2/host_key" run/test
cp "$2/authorized_keys" etc/dropbear
# A package that is installed brings the stand-in.
for name in usr/lib/lab/hidden/ip-full/sbin/ip usr/lib/lab/hidden/wireguard-tools/usr/bin/wg sbin/modprobe usr/bin/logger; do
	rm -f "$name"
	cp "$1/bin/${name##*/}" "$name"
done
pivot_root . host
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# Expanded inside.
# shellcheck disable=SC2016
exec chroot . /bin/ash -euc '
	umount -l host
	ip=/usr/libexec/ip-full
	$ip link set lo up
	$ip link add eth0 type veth peer name isp
	$ip link add eth1 type veth peer name server
	for device in eth0 isp eth1 server; do $ip link set $device up; done
	procd >/dev/null 2>&1 &
	until ubus call system board >/dev/null 2>&1; do sleep 1; done
	/etc/init.d/firewall start >&2
	/etc/init.d/network start >&2
	echo ready
	# Until the test that started this is gone, however it ended.
	exec cat >/dev/null'
