// Hears of news by a stream of events. Without one, or while it is silent, the page polls.

// The server beats every 15 seconds: twice missed is lost, whatever the network says.
const SILENCE = 40000;
// A page that got no place asks again after a minute, give or take, so that not all ask at once.
const AGAIN = 60000;

export class Live {
  constructor(url, onNews) {
    this.url = url;
    this.onNews = onNews;
    this.source = null;
    this.on = false;
    this.notBefore = 0;
  }

  start() {
    if (this.source || Date.now() < this.notBefore) return;
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener("open", () => this.heard(true));
    source.addEventListener("beat", () => this.heard(false));
    source.addEventListener("news", () => this.heard(true));
    source.addEventListener("replaced", () => this.giveUp(AGAIN));
    source.addEventListener("error", () => this.lost(source));
  }

  stop() {
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
    this.on = false;
  }

  // What happened before the stream was open is news, too.
  heard(news) {
    this.on = true;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.giveUp(0);
      this.onNews();
    }, SILENCE);
    if (news) this.onNews();
  }

  // The browser comes back by itself, unless it was turned away.
  lost(source) {
    const wasOn = this.on;
    this.on = false;
    if (source.readyState === EventSource.CLOSED) this.giveUp(AGAIN * (0.8 + 0.4 * Math.random()));
    if (wasOn) this.onNews();
  }

  giveUp(pause) {
    this.stop();
    this.notBefore = Date.now() + pause;
  }
}
