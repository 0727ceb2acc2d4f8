/**
 * As much of a browser's XMLHttpRequest as its users here need: text that grows while it comes.
 *
 * Paths are taken below the address that it is made for, as a page's are below the page's.
 */

const { request } = require("node:http");

const forPage = (baseUrl) =>
  class XMLHttpRequest extends EventTarget {
    status = 0;
    statusText = "";
    response = "";
    responseType = "";
    timeout = 0;
    #request;

    open(method, path) {
      this.#request = request(new URL(path, baseUrl), { method });
    }

    setRequestHeader(name, value) {
      this.#request.setHeader(name, value);
    }

    send(body) {
      this.#request.on("error", () => this.#tell("error"));
      this.#request.on("response", (response) => {
        this.status = response.statusCode;
        this.statusText = response.statusMessage;
        response.setEncoding("utf8");
        response.on("data", (text) => {
          this.response += text;
          this.#tell("progress");
        });
        response.on("end", () => this.#tell("load"));
        response.on("error", () => this.#tell("error"));
      });
      this.#request.end(body);
    }

    abort() {
      this.#request.destroy();
      this.#tell("abort");
    }

    #tell(type) {
      this.dispatchEvent(new Event(type));
    }
  };

module.exports = { forPage };
