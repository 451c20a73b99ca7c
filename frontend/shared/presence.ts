/** Who else has the case open, as its socket says; kept beside what the page has read. */

import { type QueryClient, useQuery } from "@tanstack/react-query";

export interface Person {
  id: number;
  name: string;
}

export interface PresenceNews {
  type: "presence";
  people: Person[];
}

const keyOf = (accession: string) => ["presence", accession];

/** Take what a case's socket says; whether it was of who is there. */
export function hearPresence(client: QueryClient, accession: string, news: { type: string }): boolean {
  if (news.type !== "presence") return false;
  client.setQueryData<Person[]>(keyOf(accession), (news as PresenceNews).people);
  return true;
}

/** A socket that has just been opened has not heard of anybody yet. */
export function forgetPresence(client: QueryClient, accession: string) {
  client.setQueryData<Person[]>(keyOf(accession), []);
}

export function usePresence(accession: string): Person[] {
  const people = useQuery<Person[]>({ queryKey: keyOf(accession), queryFn: () => [], enabled: false, initialData: [] });
  return people.data;
}

/** The first letters of the first and the last name, or of the only one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return ends
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}
