import type { Component } from '@portal/runtime';

/** One answered request. Neither query nor headers: they may hold names, tokens and what people searched for. */
export interface AccessRecord {
  requestId: string;
  address: string;
  method: string;
  /** Host and unit where known. */
  host: string;
  unitId: string;
  path: string;
  status: number;
  ms: number;
  /** How the page cache answered; empty where it was not asked. */
  cache: string;
  /** The rpc that an API call led to. */
  rpc: string;
  /** Reason of the error that was answered. */
  reason: string;
}

export interface AccessLog extends Component {
  write(record: AccessRecord): void;
}

const flushBytes = 32_768;
const flushEveryMs = 200;
/** A path in the log is at most this long. */
const maxPathLength = 256;

/**
 * The access lines, in the shape of the service's other lines but put together by hand and written many at a time:
 * a call of the logger per line costs a third of all requests on the path of cached pages.
 */
export function createAccessLog(write: (lines: string) => void, now: () => number = Date.now): AccessLog {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let second = 0;
  let secondText = '';

  /** RFC 3339 with milliseconds; most lines share their second with the line before. */
  function timeText(time: number): string {
    const whole = Math.floor(time / 1000);
    if (whole !== second) {
      second = whole;
      secondText = new Date(whole * 1000).toISOString().slice(0, 20);
    }
    return `${secondText}${String(time - whole * 1000).padStart(3, '0')}Z`;
  }

  function flush(): void {
    if (lines === '') return;
    const full = lines;
    lines = '';
    write(full);
  }

  return {
    name: 'access-log',
    write(record) {
      const { requestId, address, method, host, unitId, path, status, ms, cache, rpc, reason } = record;
      lines +=
        `{"level":"info","time":"${timeText(now())}","service":"gateway","requestId":"${requestId}",` +
        `"address":"${address}","method":"${method}","host":${quote(host)},"path":${quote(path)},"status":${status},` +
        `"ms":${ms.toFixed(2)}${text('unit', unitId)}${text('cache', cache)}${text('rpc', rpc)}` +
        `${text('reason', reason)},"msg":"request"}\n`;
      if (lines.length >= flushBytes) flush();
      timer ??= setTimeout(() => {
        timer = undefined;
        flush();
      }, flushEveryMs).unref();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      flush();
      return Promise.resolve();
    },
  };
}

function text(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${quote(value)}`;
}

// Almost every path needs no escaping, and the test is ten times cheaper than JSON.stringify.
const plain = /^[\w/.~:+%&=@,;$!*'()?-]*$/;

function quote(value: string): string {
  const short = value.length > maxPathLength ? value.slice(0, maxPathLength) : value;
  return plain.test(short) ? `"${short}"` : JSON.stringify(short);
}
