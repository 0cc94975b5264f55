#!/bin/sh
# Makes these namespaces a Debian machine: $1 is this folder, $2 holds sshd_config and its keys.
set -eu

mount -t sysfs sysfs /sys
mkdir -p "$2/etc" "$2/dpkg"
mount --bind /var/lib/dpkg "$2/dpkg"
# /etc in a file system of its own and of little room, so that a test can fill it or make it read-only.
mount -t tmpfs -o size=32m tmpfs "$2/etc"
cp -a /etc/. "$2/etc"
rm -rf "$2/etc/network/interfaces.d" "$2/etc/relay4in6" "$2"/etc/apt/sources.list*
mount --bind "$2/etc" /etc
mkdir -p /etc/network/interfaces.d
echo 'source /etc/network/interfaces.d/*' >/etc/network/interfaces
mount -t tmpfs -o size=32m tmpfs /var/lib
mkdir /var/lib/dpkg
mount --bind "$2/dpkg" /var/lib/dpkg
mount -t tmpfs tmpfs /run
mkdir -p /run/network /run/sshd /run/test
cp "$2"/sshd_config "$2"/host_key "$2"/authorized_keys /run/test
mount --bind "$1/bin" /usr/local/sbin
mount -t tmpfs tmpfs /root
mount -t tmpfs tmpfs /tmp

: >/run/log
chmod 666 /run/log
ip link set lo up
ip link add eth0 type veth peer name far0
ip link set eth0 up
ip link set far0 up
ip -6 addr add 2001:db8:1::1/64 dev eth0 nodad
ip -6 route add default via fe80::1 dev eth0

echo ready
# Until the test that started this is gone, however it ended.
exec cat >/dev/null
