/**
 * Orders: taken in strictly, all or nothing, sealed before they are stored, and tried without a blank. It makes the card
 * record of an order that passes; everything after that is `cards`' and `batches`'.
 */
export {
  checkOrderFile,
  citizenOf,
  isCalendarDay,
  ORDER_FILE_LIMITS,
  OrderFile,
  readOrderFile,
  type Order,
  type OrderFileLimits,
} from './order-file.ts';
export { takeOrders, type IntakeDeps, type IntakeRequest, type TakenOrder } from './take-orders.ts';
export { prepareOrder, type LintFinding, type PrepareDeps, type Prepared } from './prepare-order.ts';
export { countOrders, findOrder, listOrders, type OrderView } from './order-queries.ts';
export { OrdersError, type OrdersErrorCode } from './orders-error.ts';
export { orderRoom } from './routes.ts';
