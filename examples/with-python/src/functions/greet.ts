/** Run by the Python agent as a step. */
export async function greet({ name }: { name: string }): Promise<string> {
  return `hello ${name}`;
}
