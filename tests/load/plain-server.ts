// The measure for cached pages: node:http answering with the same bytes and doing nothing else.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const [port = '', file = ''] = process.argv.slice(2);
const { headers, body } = JSON.parse(readFileSync(file, 'utf8')) as { headers: Record<string, string>; body: string };
const bytes = Buffer.from(body, 'base64');

createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
}).listen(Number(port), '127.0.0.1');
