import 'uplot/dist/uPlot.min.css';
import './style.css';
import { base } from './base';
import { mountChat } from './chat';
import { find } from './dom';
import { mountFeed } from './feed';
import { mountTabs } from './tabs';
import { mountTabsCounter } from './tabs-counter';
import { mountTheme } from './theme';
import { Wire } from './wire';
import { mountWire } from './wire-view';

async function start(): Promise<void> {
  if (__STATIC__) {
    const { installPageServer } = await import('./model/page-server');
    installPageServer(base);
  }
  if (__SOURCE__) {
    find<HTMLAnchorElement>('#link-source').href = __SOURCE__;
    find<HTMLAnchorElement>('#link-docs').href = `${__SOURCE__}#readme`;
  }
  const wire = new Wire();
  mountTheme();
  mountTabs();
  mountChat(wire);
  mountFeed(wire);
  mountWire(wire);
  mountTabsCounter();
}

start();
