/** The classic script, for `<script src>` and `importScripts`: `EventSource` is there when it has run. */

import './polyfill.js';
