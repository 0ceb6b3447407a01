/**
 * The double-entry ledger of blanks: every serial in exactly one account, every move one row with two sides, every balance
 * derived. It does not know what a card is; it keeps the id of the card record a blank moved for.
 */
export { balance, moveBlank, type Balance, type StockMove } from './ledger.ts';
export { DeliveryNote, receiveDelivery, type Delivered } from './deliveries.ts';
export { StockError, type StockErrorCode } from './stock-error.ts';
export { stockRoom } from './routes.ts';
