/** The classic script, for `<script src>` and `importScripts`. It defines `EventSource`. */

import './polyfill.js';
