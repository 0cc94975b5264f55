export { cloudMachines, machineName, type RelayImage } from "./cloud-machines.ts";
export { type CloudServer, cloudServers } from "./cloud-servers.ts";
export { ensureImage, type Image, imageAt, makeDisk } from "./image.ts";
export { type MachineFile, makeInitrd } from "./initrd.ts";
export { type KeyPair, keyPair } from "./keys.ts";
export { BOOT_LIMIT, bootMachine, createMachine, Machine, type MachineOptions, machines } from "./machine.ts";
export { ensureOpenwrtImage, type PackageManager } from "./openwrt-image.ts";
export { endProcess, isRunning, markProcess, type ProcessMark } from "./process.ts";
export { type ImageName, MIRROR_ADDRESS } from "./recipes.ts";
