module relay4in6/lab/openwrt

go 1.24
