import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findChromium } from '@portal/local';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

/** A cheap phone and a desktop. */
export const widths = [360, 1280] as const;

const screenshots = join(import.meta.dirname, '../build/screenshots');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('the browser tests need chromium: apt-get install chromium');
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-sync', ...quiet] });
}

/** What axe finds of serious or critical impact; injected from outside, so that the page's own policy stays strict. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // evaluate() is not subject to the content-security policy, a script element would be.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<{ violations: { id: string; impact: string }[] }>('axe.run()');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** Pixels by which the page is wider than the window: 0 unless a reader must scroll sideways. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
