/** Says, under a text that is being edited, that somebody else has written it anew since the edit began, and what stands now. */
export function ChangedMeanwhile({ name, before, now }: { name: string; before: string; now: string }) {
  if (before === now) return null;
  return (
    <p className="warn" role="status">
      {now
        ? `Somebody else has changed the ${name} meanwhile; it now reads “${now}”. The text here is what will stand.`
        : `Somebody else has emptied the ${name} meanwhile. The text here is what will stand.`}
    </p>
  );
}
