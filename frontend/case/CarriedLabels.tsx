import type { Analysis, Schema } from "../shared/types";
import { useWaiting } from "../shared/usewaiting";
import { WaitingLabels } from "../shared/WaitingLabels";

interface Props {
  job: Analysis;
  schema: Schema;
  may: boolean;
  onDecided(): void;
}

/** Labels of an earlier analysis that wait for a decision, on the page of the case. */
export function CarriedLabels({ job, schema, may, onDecided }: Props) {
  const waiting = useWaiting(job.id, onDecided);
  return <WaitingLabels jobId={job.id} schema={schema} may={may} waiting={waiting} />;
}
