# Leads into our chains, by the list that is its input: command, table, chain that is there already, chain of ours.
hook() {
	while read -r command table chain own; do
		"$command" -w -t "$table" -C "$chain" -j "$own" 2>/dev/null || "$command" -w -t "$table" -I "$chain" -j "$own"
	done
}

# Takes those of such a list away, and the chains that ours lead into.
unhook() {
	list=$(cat)
	echo "$list" | while read -r command table chain own; do
		"$command" -w -t "$table" -D "$chain" -j "$own" 2>/dev/null || true
	done
	echo "$list" | while read -r command table chain own; do
		for ours in "$own" RELAY4IN6-NEW RELAY4IN6-FROM RELAY4IN6-INTO RELAY4IN6-OUT-OF; do
			"$command" -w -t "$table" -F "$ours" 2>/dev/null || true
			"$command" -w -t "$table" -X "$ours" 2>/dev/null || true
		done
	done
}
