import { z } from "zod";

const PORT_WORDS = "a whole number from 1 to 65535";

/** A port. @param description what of */
export const portNumber = (description: string, example: number) =>
  z
    .int()
    .min(1)
    .max(65535)
    .meta({ description: `${description}, ${PORT_WORDS}`, examples: [example] });

/** The keys of who logs in to a machine. */
export const ssh = {
  host: z
    .string()
    .meta({ description: "name or address of the machine, for SSH", examples: ["192.168.1.1"] }),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "is not a Unix user name")
    .default("root")
    .meta({ description: "user to log in as; it has to be root, or do what root does", examples: ["root"] }),
  hostKey: z.string().meta({
    description:
      "the machine's public host key, as `ssh-keyscan -t ed25519 HOST` prints it after the host name",
    examples: ["ssh-ed25519 AAAA…"],
  }),
  key: z
    .string()
    .optional()
    .meta({
      description: "path of your private key; without it the SSH agent is asked",
      examples: ["~/.ssh/id_ed25519"],
    }),
};
