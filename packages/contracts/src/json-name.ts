/** `unit_id` → `unitId`, exactly as the parser names the fields of a message (a digit keeps its underscore). */
export function jsonNameOf(protoName: string): string {
  return protoName.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
