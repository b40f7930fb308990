/** A moment for people, in their own time zone: `2026-11-23 13:14:13`. JSON keeps RFC 3339. */
export function timeText(rfc3339: string): string {
  const at = new Date(rfc3339);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
