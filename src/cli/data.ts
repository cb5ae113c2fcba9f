import cliProgress from "cli-progress";
import { dataSets, getDataset } from "../data/index.js";
import { printJson, printTable, say } from "./output.js";
