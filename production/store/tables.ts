import type { ColumnType, Generated } from 'kysely';
import type { CardState } from '#queues/ports';

/** JSON columns come back parsed and go in as text. */
type Json<T> = ColumnType<T, string, string>;
type JsonDefault<T> = ColumnType<T, string | undefined, string>;

export type Account = 'received' | 'vault' | 'line' | 'good' | 'spoiled' | 'destroyed';
export type Role = 'operator' | 'quality' | 'province' | 'registry' | 'auditor';
export type OrderState = 'ORDERED' | 'REFUSED' | 'LINTED' | 'CANCELLED';
export type BatchState = 'OPEN' | 'RELEASED' | 'HELD' | 'PACKED' | 'SHIPPED' | 'RECEIVED' | 'CANCELLED';
export type ConsignmentState = 'PACKING' | 'PACKED' | 'SHIPPED' | 'RECEIVED' | 'RECEIVED_WITH_CASE';
export type LineMode = 'running' | 'held' | 'draining';
export type EvidenceJson = Readonly<Record<string, string | number | boolean | null>>;

/** One finding of the lint, as stored: codes and sentences, never a value. */
export interface StoredFinding {
  readonly code: string;
  readonly refuses: boolean;
  readonly field: string | null;
  readonly vi: string;
  readonly en: string;
}

export interface Tables {
  people: {
    person_id: string;
    name: string;
    roles: Role[];
    province_code: string | null;
    token_hash: Uint8Array;
    active: Generated<boolean>;
    created_at: Date;
  };
  audit_entries: {
    entry_id: Generated<number>;
    at: Date;
    who: string;
    what: string;
    subject: string;
    evidence: string;
    entry_hash: Uint8Array;
  };
  audit_links: { seq: number; entry_id: number; hash: Uint8Array };
  audit_head: { only_row: boolean; length: number; hash: Uint8Array };
  outbox: {
    outbox_id: Generated<number>;
    queue: string;
    payload: Json<Readonly<Record<string, string>>>;
    job_id: string;
    priority: number;
    created_at: Generated<Date>;
    delivered_at: Date | null;
  };
  doorbells: { subject: string; queue: string; rings: number; last_job_id: string; last_rung_at: Date };
  provinces: { province_code: string; name: string; certificate: Uint8Array | null };
  delivery_offices: { office_code: string; province_code: string; name: string };
  orders: {
    order_key: string;
    intake_sequence: Generated<number>;
    client_order_id: string;
    body_hash: Uint8Array;
    record_hash: Uint8Array;
    citizen_ref: string;
    request_type: string;
    priority: number;
    due_date: string;
    delivery_office: string;
    profile: string;
    state: OrderState;
    findings: JsonDefault<readonly StoredFinding[]>;
    taken_by: string;
    taken_at: Date;
    changed_at: Date;
  };
  sealed_records: { order_key: string; sealed_key: Uint8Array; iv: Uint8Array; ciphertext: Uint8Array; tag: Uint8Array };
  deliveries: {
    delivery_note: string;
    supplier: string;
    chip_family: string;
    content_hash: Uint8Array;
    blanks_count: number;
    received_by: string;
    received_at: Date;
  };
  blanks: { serial: string; chip_id: string; delivery_note: string; place: Generated<Account> };
  stock_moves: {
    move_id: Generated<number>;
    move_key: string;
    serial: string;
    from_account: Account;
    to_account: Account;
    card_id: string | null;
    reason: string | null;
    who: string;
    at: Date;
  };
  stock_postings: { move_id: number; serial: string; account: Account; amount: number };
  batches: {
    batch_id: string;
    province_code: string;
    state: BatchState;
    held_from: string | null;
    content_hash: Uint8Array;
    created_by: string;
    created_at: Date;
    released_at: Date | null;
    changed_at: Date;
  };
  batch_approvals: { batch_id: string; person_id: string; content_hash: Uint8Array; at: Date };
  cards: {
    card_id: string;
    order_key: string;
    citizen_ref: string;
    batch_id: string | null;
    profile: string;
    province_code: string;
    delivery_office: string;
    priority: number;
    due_date: string;
    state: CardState;
    doubted_from: CardState | null;
    held_from: CardState | null;
    supersedes: string | null;
    reserved_serial: string | null;
    seat: string | null;
    bound_serial: string | null;
    chip_id: string | null;
    sod_hash: Uint8Array | null;
    case_id: string | null;
    fence: Generated<number>;
    lease_station: string | null;
    lease_owner: string | null;
    lease_until: Date | null;
    attempts_encode: Generated<number>;
    attempts_print: Generated<number>;
    attempts_inspect: Generated<number>;
    created_at: Date;
    changed_at: Date;
  };
  card_history: {
    history_id: Generated<number>;
    card_id: string;
    from_state: CardState | null;
    to_state: CardState;
    who: string;
    fence: number | null;
    evidence: Json<EvidenceJson>;
    at: Date;
  };
  chip_keys: {
    spki_hash: Uint8Array;
    card_id: string;
    purpose: 'activeAuthentication' | 'chipAuthentication';
    spki: Uint8Array;
    recorded_at: Generated<Date>;
  };
  chip_journal: {
    card_id: string;
    fence: number;
    sequence: number;
    operation: string;
    hash: string;
    intended_at: Generated<Date>;
    result: 'done' | 'refused' | 'unknown' | null;
    status_word: string | null;
  };
  print_jobs: {
    job_id: string;
    card_id: string;
    attempt: number;
    front_hash: string;
    back_hash: string;
    outcome: 'printed' | 'failed' | 'nothing_on_face' | null;
    intended_at: Date;
    outcome_at: Date | null;
  };
  inspections: {
    inspection_id: Generated<number>;
    card_id: string;
    fence: number;
    passed: boolean;
    reasons: string[];
    report: Json<unknown>;
    at: Date;
  };
  lines: { line_id: string; mode: LineMode; reason: string | null; changed_by: string; changed_at: Date };
  seats: {
    place: string;
    line_id: string;
    in_service: Generated<boolean>;
    doing: Generated<string>;
    card_id: string | null;
    serial: string | null;
    changed_at: Date;
  };
  consignments: {
    consignment_id: string;
    batch_id: string;
    province_code: string;
    state: ConsignmentState;
    manifest: Uint8Array;
    manifest_hash: Uint8Array;
    signature: Uint8Array | null;
    csv: Uint8Array | null;
    pdf: Uint8Array | null;
    created_at: Date;
    packed_at: Date | null;
    shipped_at: Date | null;
    received_at: Date | null;
  };
  boxes: { box_id: string; consignment_id: string; number: number; office_code: string; seal_number: string };
  consignment_cards: {
    card_id: string;
    consignment_id: string;
    box_id: string;
    serial: string;
    state: Generated<'SENT' | 'RECEIVED' | 'SHORT' | 'DAMAGED'>;
  };
  receipts: {
    consignment_id: string;
    receipt: Uint8Array;
    signature: Uint8Array;
    receipt_hash: Uint8Array;
    received_by: string;
    received_at: Date;
  };
  cases: {
    case_id: string;
    consignment_id: string;
    kind: 'SHORT' | 'DAMAGED' | 'OVER';
    card_id: string | null;
    serial: string;
    state: Generated<'OPEN' | 'CLOSED'>;
    opened_at: Date;
  };
  birth_certificates: { card_id: string; jws: string; created_at: Date };
}
