import 'uplot/dist/uPlot.min.css';
import './style.css';
import { mountChat } from './chat';
import { mountFeed } from './feed';
import { mountTabs } from './tabs';
import { mountTabsCounter } from './tabs-counter';
import { mountTheme } from './theme';

mountTheme();
mountTabs();
mountChat();
mountFeed();
mountTabsCounter();
