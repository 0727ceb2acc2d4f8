/**
 * A button that opens a list of actions. An action that cannot be done now says why in its place.
 */

import { DropdownMenu } from "radix-ui";
import { Icon } from "./icons.tsx";

export type Action = {
  readonly name: string;
  readonly danger?: boolean;
  /** Why it cannot be done now. */
  readonly refused?: string | undefined;
  readonly run: () => void;
};

export const Menu = ({ label, actions }: { readonly label: string; readonly actions: readonly Action[] }) => (
  <DropdownMenu.Root modal={false}>
    <DropdownMenu.Trigger aria-label={label}>
      <Icon name="more" />
    </DropdownMenu.Trigger>
    <DropdownMenu.Portal>
      <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
        {actions.map(({ name, danger = false, refused, run }) => (
          <DropdownMenu.Item
            key={name}
            className={danger ? "danger" : ""}
            disabled={refused !== undefined}
            title={refused}
            onSelect={run}
          >
            {name}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  </DropdownMenu.Root>
);
