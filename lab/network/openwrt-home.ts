/**
 * A home whose OpenWrt router terminates the tunnel, behind DS-Lite. The router is the stand-in of
 * `lab/openwrt/` in a VM; what its owner would have set up in its web page comes on a config disk.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../command.ts";
import { keyPair } from "../machine/keys.ts";
import { bootMachine } from "../machine/machine.ts";
import { ensureOpenwrtImage, type PackageManager } from "../machine/openwrt-image.ts";
import { type Home, INTERNET, LAN } from "./topology.ts";

/** Boots the router of a home. @param mtu of the access link */
export async function bootOpenwrtHome(
  home: Home,
  mtu: number,
  packageManager?: PackageManager,
): Promise<void> {
  const [host, operator] = [await keyPair(`${home.name}-host`), await keyPair("operator")];
  await bootMachine({
    name: home.name,
    image: await ensureOpenwrtImage(packageManager),
    memoryMiB: 256,
    nics: [
      { bridge: home.wan, mac: home.wanMac },
      { bridge: home.lan, mac: home.lanMac },
    ],
    configDisk: {
      authorized_keys: `${operator.publicKey}\n`,
      dropbear_ed25519_host_key: await dropbearKey(host.file),
      "uci.batch": settings(mtu),
    },
  });
}

/** The owner's own settings: the AFTR that the ISP named, and the way to the second subnet. */
function settings(mtu: number): string {
  return [
    `set network.dslite.peeraddr='${INTERNET.isp.aftr}'`,
    "set network.dslite.encaplimit='ignore'",
    ...(mtu === 1500 ? [] : [`set network.wan6.mtu='${mtu}'`]),
    `set network.dslite.mtu='${mtu - 40}'`,
    "set network.iot='route'",
    "set network.iot.interface='lan'",
    `set network.iot.target='${LAN.iotNetwork}'`,
    `set network.iot.gateway='${LAN.iot}'`,
    "",
  ].join("\n");
}

/** An OpenSSH private key in dropbear's own format. */
async function dropbearKey(file: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "lab-key-"));
  try {
    await run("dropbearconvert", ["openssh", "dropbear", file, `${folder}/key`]);
    return await readFile(`${folder}/key`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
