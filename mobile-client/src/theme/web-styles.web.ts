import './web.css';
