/**
 * The live page at `/` and what it stands on: the report and the stream of events. It shows and changes nothing; what an operator
 * does, he does through the routes of the rooms.
 */
export { EventFeed } from './event-feed.ts';
export { plantReport, type Report, type ReportDeps, type ShipmentLine } from './report.ts';
export { consoleRoom, reportRoom } from './routes.ts';
