import "@fontsource-variable/instrument-sans/wght.css";
import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { startOffline } from "./lib/offline.js";

mount(App, { target: document.getElementById("app")! });
startOffline();
