import type { HomePlan } from "../../plan/index.ts";
import type { Crossing, HomeView, Leg } from "../examination.ts";
import type { Finding } from "../finding.ts";
import type { Case, Check } from "./check.ts";

/**
 * Where pings through a tunnel are lost: each place on the way there and back has counted them. This tells what
 * is wrong only where no end said it of itself.
 */
export const crossing: Check = (subject) =>
  subject.plan.homes.flatMap((home) => {
    const seen = subject.seen.crossings[home.name];
    if (seen === undefined) return [];
    if (seen.warm.answered === 0) return [lost(subject, home, seen)];
    if (seen.cold !== undefined && seen.cold.answered === 0) return [cold(subject, home, seen.cold)];
    return [];
  });

function lost(subject: Case, home: HomePlan, { endpointAnswers, warm }: Crossing): Finding {
  const { device, relayEndpoint } = home.tunnel;
  const down = (id: Finding["id"], where: string, what: string, cure: string): Finding => ({
    id,
    where,
    what,
    cure,
    severity: "down",
    home: home.name,
  });
  const way = `between relay and ${home.name}`;
  if (home.tunnel.knownBy === "key") {
    return down(
      "no-way",
      way,
      `pings through ${device} are not answered`,
      `at home, wg show ${device} tells when it last heard from the relay. Never, or long ago: see that ${outerName(home)} of the relay is reached from there (its line, a firewall on the way). A moment ago: its firewall keeps pings of the tunnel out`,
    );
  }
  const { homeEndpoint } = home.tunnel;
  const filtered = (from: string, to: string, count: number) =>
    endpointAnswers
      ? down(
          "protocol-filtered",
          way,
          `the tunnel's packets are lost on the way from ${from} to ${to}: ${count} left, none arrived, while plain IPv6 passes both ways`,
          `somebody on the way filters ${outerName(home)}: a firewall in front of ${to}, or ${from}'s or ${to}'s provider. On the outermost machine that is yours, see tcpdump -n host ${relayEndpoint}, and admit ${outerName(home)} from there; where the provider does it, use another transport`,
        )
      : down(
          "no-way",
          way,
          `nothing passes from ${from} to ${to}, not even plain IPv6: ${count} left, none arrived`,
          `see that ${home.name}'s line is up and has IPv6 (ping -6 from there), and traceroute -6 ${homeEndpoint} from the relay`,
        );
  if (warm.relayOuterOut === 0) {
    return down(
      "tunnel-silent",
      "relay",
      `pings into ${device} do not leave the relay (${warm.relayTunnelOut} went into the tunnel, none came out as IPv6)`,
      "there: ip -6 route get to the home's endpoint; look for an own firewall rule in OUTPUT",
    );
  }
  if (warm.homeOuterIn === undefined) {
    return down(
      endpointAnswers ? "tunnel-silent" : "no-way",
      way,
      endpointAnswers
        ? `pings through ${device} are not answered, while plain IPv6 passes; ${home.name} could not be asked what it sees`
        : `nothing comes back from ${home.name}, not even plain IPv6`,
      isManual(home)
        ? "follow the home's instructions once more (relay4in6 render), above all the rule that admits the tunnel"
        : "run doctor where the home's end can be reached, too",
    );
  }
  if (warm.homeOuterIn === 0) return filtered("relay", home.name, warm.relayOuterOut);
  if ((warm.homeTunnelIn ?? 0) === 0) return cold(subject, home, warm);
  if ((warm.homeTunnelOut ?? 0) === 0 || (warm.homeOuterOut ?? 0) === 0) {
    return down(
      "tunnel-silent",
      home.name,
      `pings arrive in ${device} and are not answered`,
      "see its firewall: ICMP from the tunnel's other inner address has to be let in; then /etc/init.d/relay4in6 reload or /etc/relay4in6/rules up",
    );
  }
  if (warm.relayOuterIn === 0) return filtered(home.name, "the relay", warm.homeOuterOut ?? 0);
  return down(
    "tunnel-silent",
    "relay",
    `answers arrive at the relay (${warm.relayOuterIn}) and do not come out of ${device} (${warm.relayTunnelIn})`,
    "see ip6tables -nvL RELAY4IN6-INPUT, ip -6 tunnel show, and whether the sender is the tunnel's remote",
  );
}

/** The packets reach the home, and its firewall keeps them from the tunnel. */
function cold({ seen }: Case, home: HomePlan, { homeOuterIn = 0 }: Leg): Finding {
  const view = seen.homes[home.name] as HomeView;
  const { relayEndpoint } = home.tunnel;
  const hint =
    view.firewall === undefined
      ? ""
      : !view.firewall.inUci
        ? " (the rule relay4in6_tunnel is not in /etc/config/firewall)"
        : !view.firewall.isLoaded
          ? " (the rule relay4in6_tunnel is in /etc/config/firewall and not in the loaded ruleset)"
          : "";
  return {
    id: "firewall-cold",
    where: home.name,
    what: `its firewall refuses the tunnel's packets unless it has just sent some itself${hint}: ${homeOuterIn} arrived, none got into ${home.tunnel.device}`,
    cure:
      home.end === "openwrt"
        ? "pulumi up --refresh brings the rule back; after a change by hand: fw4 check && /etc/init.d/firewall restart"
        : `let ${outerName(home)} from ${relayEndpoint} in: /etc/relay4in6/rules up, and see the machine's own firewall`,
    severity: "down",
    home: home.name,
  };
}

/** What a firewall has to let pass. */
function outerName({ tunnel: { outer } }: HomePlan): string {
  return outer.protocol === "udp" ? `UDP port ${outer.port}` : `IP protocol ${outer.protocol}`;
}

function isManual({ end }: HomePlan): boolean {
  return end === "manual";
}
