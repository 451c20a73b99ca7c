import { t } from "../shared/catalogue";

interface Props {
  urgent: boolean;
  may: boolean;
  onUrgent(urgent: boolean): void;
}

/** Whether the case's analyses go before all others, and where that is said. */
export function Urgency({ urgent, may, onUrgent }: Props) {
  if (!urgent && !may) return null;
  return (
    <p className="facts urgency">
      {urgent && <strong>{t("Urgent: its analyses go before all others.")}</strong>}
      {may && (
        <button type="button" onClick={() => onUrgent(!urgent)}>
          {urgent ? t("No longer urgent") : t("Make urgent")}
        </button>
      )}
    </p>
  );
}
